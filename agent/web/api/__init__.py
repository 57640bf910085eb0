"""The JSON API under /v1: strict reading of requests, calls to the counter, answers, errors."""
