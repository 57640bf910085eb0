"""The checks, one module a subject; `linting.CHECKS` names them all."""
