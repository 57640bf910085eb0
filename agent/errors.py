"""The whole error family.

TallyError                    anything this software says no with; carries a hint for the person at the till
  ConfigError                 till.toml or hq.toml cannot be used as it stands
  ProgrammeError              a programme file cannot be used as it stands
  ArticlesError               an articles.csv, or a programme that names what is not in it, cannot be used as it stands
  JournalError                an entry or a chain is not what it claims to be
    EntryTooLargeError        the entry is over the size limit
    NotCanonicalError         the bytes are not the canonical form of what they say
    CodeError                 what was typed or scanned is no voucher's code
      ForgedCodeError         it looks like one, and no key that we know has made it
    ChainBrokenError          a hash, a sequence number or a sum does not fit
  LedgerError                 the till's own book
    LedgerInUseError          another agent holds the ledger
    LedgerPlaceError          a ledger cannot lie there, or not be opened there
    LedgerDamagedError        the self-check at open found the ledger damaged
    BackupError               a backup cannot be made, or not be put back
    OutcomeUnknownError       a commit failed; the entry may or may not be on disk: ask again with the same op
    LedgerDownError           the disk fails; nothing is acknowledged until it is well again
    NoRoomError               the disk is full; what remains of it is kept for corrections and closures
    NotKeptError              a sale could be neither recorded nor kept aside
  RefusalError                the counter understood the request and says no; nothing was written
    InvalidError              a value of the request is outside its limit
    UnknownError              no such card, member, sale or reward
    OpConflictError           this op was used before, for something else
    NotAllowedError           a rule of the programme or of the account's state forbids it
      ApprovalNeededError     the programme wants a supervisor's PIN for it
      NotSignedInError        nobody is signed in, or not with this PIN
      BlockedCardError        the card was lost and is blocked
      CardNeededError         without the card it is not done, or not any more today
      ProofNeededError        a member who was looked up has not proved himself
      WrongProofError         that is not the member's PIN, or not his last slip
      SearchesUsedError       members were looked up too often within an hour
    InsufficientError         more was asked for than is there
  LabelError                  a label is not what its symbology says (agent.devices.gs1.fault)
  DeviceError                 a device or its driver (names of UnifiedPOS 1.15, ErrorCode)
    NoServiceError            the driver cannot be loaded
    IllegalError              the driver's settings, or a call in the wrong state
    ClaimedError              somebody else holds the device
    NoHardwareError           there is no such device
    OfflineError              the device is there but does not answer
    DeviceTimeoutError        the device did not finish in time
    FailureError              the device says it failed
  SlipError                   a slip cannot be made from what is stored (agent.slips.facts)
    NoTextError               a reason has no sentence in a language (agent.slips.texts)
    UnknownCommandError       bytes that are no printer command we know (agent.slips.reader)
  NotRunningError             no agent is running on this till (agent.upkeep.running)
  DoorError                   the local API lets a request not in (agent.web.api.errors draws this family)
  SyncError                   the two halves could not meet
    UnreachableError          no line to headquarters, or headquarters is not answering
      BusyError               headquarters has too much to do, and says when to come again
    RejectedError             headquarters does not accept this till or this request
      ForkedError             two machines speak as this till, and headquarters knows
      EpochLeftError          headquarters was restored, and is of another epoch than this till knew
      RequestTooLargeError    the request is larger than headquarters takes
    ForgedError               an answer does not carry headquarters' signature
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Said:
    """What the person at the till is told, in any language: the code of a sentence, and the values in it."""

    code: str
    numbers: Mapping[str, int | str] = field(default_factory=dict)


class TallyError(Exception):
    """Anything this software says no with.

    The text is lower case and names the value, the limit and the subject. `hint` says what the person at the till
    (or at the keyboard) does next; every leaf has a default and a raiser may give a better one. `said` is what a
    cashier reads of it, None where the sentence of the error's own code says enough (agent.slips.texts has both).
    """

    hint = "try again; if it happens again call your IT"

    def __init__(self, message: str, *, hint: str | None = None, said: Said | None = None) -> None:
        super().__init__(message)
        self.said = said
        if hint is not None:
            self.hint = hint

    @property
    def code(self) -> str:
        """The error's name as the API and `--json` show it: `InsufficientError` is `insufficient`."""
        name = type(self).__name__.removesuffix("Error")
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


class ConfigError(TallyError):
    """A configuration file cannot be used as it stands."""

    hint = "mend the file and run `tally config check`"


class ProgrammeError(TallyError):
    """A programme file cannot be used as it stands."""

    hint = "mend the programme and run `tally programme check FILE`"

    def __init__(self, message: str, *, hint: str | None = None, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}", hint=hint)
        self.line = line


class ArticlesError(TallyError):
    """An articles.csv, or a programme that names what is not in it, cannot be used as it stands."""

    hint = "mend the table of articles and run `tally config check`"


class JournalError(TallyError):
    """An entry or a chain is not what it claims to be."""

    hint = "call your IT: `tally ledger verify` names the entry"


class EntryTooLargeError(JournalError):
    """The entry is over the size limit."""

    hint = "split the sale in two"


class NotCanonicalError(JournalError):
    """The bytes are not the canonical form (RFC 8785) of what they say."""


class CodeError(JournalError):
    """What was typed or scanned is no voucher's code."""

    hint = "type it again, or scan the QR code"


class ForgedCodeError(CodeError):
    """It looks like a voucher's code, and no key that we know has made it."""

    hint = "it may be another shop's voucher: it counts where it was issued"


class ChainBrokenError(JournalError):
    """A hash, a sequence number or a sum does not fit."""


class LedgerError(TallyError):
    """The till's own book."""

    hint = "sell without loyalty and call your IT"


class LedgerInUseError(LedgerError):
    """Another agent holds the ledger."""

    hint = "`tally status` shows the agent that is running; stop it first"


class LedgerPlaceError(LedgerError):
    """A ledger cannot lie where it is, or not be opened there; nothing is wrong with the ledger itself."""

    hint = "look at the folder that till.folder in till.toml names"


class LedgerDamagedError(LedgerError):
    """The self-check at open found the ledger damaged."""

    hint = "keep the file as it is and call your IT: the last backup and headquarters hold the rest"


class BackupError(LedgerError):
    """A backup cannot be made, or not be put back; whatever was there is as it was."""

    hint = "check the path and the room on its disk, and try again"


class OutcomeUnknownError(LedgerError):
    """A commit failed: the entry may or may not be on disk."""

    hint = "send the same request again with the same op: it has one effect"


class LedgerDownError(LedgerError):
    """The disk fails: nothing is acknowledged until the ledger was opened anew and its tail verified."""

    hint = "sell without loyalty and call your IT: the disk of this till fails"


class NoRoomError(LedgerError):
    """The disk is full: what remains of it is kept for corrections and closures."""

    hint = "sell without loyalty and call your IT: the disk of this till is full"


class NotKeptError(LedgerError):
    """A sale could be neither recorded nor kept aside."""

    hint = "sell without loyalty and keep the receipt: this sale must be entered by hand once the till is well"


class RefusalError(TallyError):
    """The counter understood the request and says no; nothing was written."""

    hint = "go on without it"


class InvalidError(RefusalError):
    """A value of the request is outside its limit."""

    hint = "correct the value and send it again"


class UnknownError(RefusalError):
    """No such card, member, sale or reward."""

    hint = "check the number"


class OpConflictError(RefusalError):
    """This op was used before, for something else."""

    hint = "use a new op for a new request; repeat the old one unchanged"


class NotAllowedError(RefusalError):
    """A rule of the programme, or the state of the account, forbids it."""


class ApprovalNeededError(NotAllowedError):
    """The programme wants a supervisor's PIN for it; `action` is what for."""

    hint = "a supervisor types id and PIN; then send the same request again"

    def __init__(self, message: str, *, action: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.action = action


class NotSignedInError(NotAllowedError):
    """Nobody is signed in, or not with this PIN."""

    hint = "sign in with your id and PIN"


class BlockedCardError(NotAllowedError):
    """The card was lost and is blocked."""

    hint = "ask for the new card, or look the member up"


class CardNeededError(NotAllowedError):
    """Without the card it is not done, or not any more today."""

    hint = "ask for the card; collecting goes on"


class ProofNeededError(NotAllowedError):
    """A member who was looked up has not proved himself."""

    hint = "read the card, or ask for the PIN, or for the proof on the last slip"


class WrongProofError(NotAllowedError):
    """That is not the member's PIN, or not his last slip."""

    hint = "ask again, or read the card"


class SearchesUsedError(NotAllowedError):
    """Members were looked up too often within an hour."""

    hint = "ask for the card, or sell without it"


class InsufficientError(RefusalError):
    """More was asked for than is there."""

    hint = "offer what is there"


class DeviceError(TallyError):
    """A device or its driver; the names are those of UnifiedPOS 1.15, ErrorCode."""

    hint = "check cable and power; `tally doctor` says more"


class NoServiceError(DeviceError):
    """The driver cannot be loaded."""


class IllegalError(DeviceError):
    """The driver's settings do not fit, or a call came in the wrong state."""


class ClaimedError(DeviceError):
    """Somebody else holds the device."""


class NoHardwareError(DeviceError):
    """There is no such device."""


class OfflineError(DeviceError):
    """The device is there but does not answer."""


class DeviceTimeoutError(DeviceError):
    """The device did not finish in time."""


class FailureError(DeviceError):
    """The device says it failed."""


class SyncError(TallyError):
    """The two halves could not meet."""

    hint = "selling goes on; `tally sync status` says when they last met"


class UnreachableError(SyncError):
    """There is no line to headquarters, or headquarters is not answering."""


class BusyError(UnreachableError):
    """Headquarters has too much to do; `later_s` is in how many seconds somebody said to come again."""

    hint = "nothing to do: the till comes again by itself"

    def __init__(self, message: str, *, hint: str | None = None, later_s: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.later_s = later_s


class RejectedError(SyncError):
    """Headquarters does not accept this till or this request."""


class ForkedError(RejectedError):
    """Two machines speak as this till, and headquarters knows: neither spends until a person decided."""

    hint = "another machine speaks as this till, or its disk was copied or restored: selling goes on, call headquarters"


class EpochLeftError(RejectedError):
    """Headquarters was restored, and is of another epoch than this till knew."""


class RequestTooLargeError(RejectedError):
    """The request is larger than headquarters takes: less is sent the next time."""

    hint = "selling goes on: this till sends less at a time, call headquarters if it stays so"


class ForgedError(SyncError):
    """An answer does not carry headquarters' signature."""


def file_text(error: OSError) -> str:
    """What the machine says of a file, without its number: `'/x/slip.png': No such file or directory`."""
    said = error.strerror or str(error)
    return said if error.filename is None else f"{str(error.filename)!r}: {said}"
