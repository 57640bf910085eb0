"""The local API and the cashier's screen.

What is imported from here costs little; `agent.web.app` and `agent.web.server` bring FastAPI and uvicorn and are
imported by whoever serves.
"""

from agent.web.events import EventHub
from agent.web.settings import WebSettings
from agent.web.status import StatusBoard
from agent.web.tokens import Scope, Tokens

__all__ = ["EventHub", "Scope", "StatusBoard", "Tokens", "WebSettings"]
