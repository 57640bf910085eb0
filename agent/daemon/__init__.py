"""The one place where everything is built and wired."""

from agent.daemon.till import Till, run

__all__ = ["Till", "run"]
