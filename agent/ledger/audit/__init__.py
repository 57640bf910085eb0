"""Looking the ledger over: verify all of it, against paper and headquarters too; rebuild; export."""

from agent.ledger.audit.closures import check_closures
from agent.ledger.audit.exporting import export
from agent.ledger.audit.heads import Standing, check_held, find_head
from agent.ledger.audit.rebuilding import check_derived, rebuild
from agent.ledger.audit.verifying import Verified, verify

__all__ = [
    "Standing",
    "Verified",
    "check_closures",
    "check_derived",
    "check_held",
    "export",
    "find_head",
    "rebuild",
    "verify",
]
