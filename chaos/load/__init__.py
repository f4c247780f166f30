"""The business that goes on while things fail."""

from chaos.load.calls import Calls
from chaos.load.cases import Cases
from chaos.load.imports import Imports
from chaos.load.leads import Leads
from chaos.load.orders import Orders
from chaos.load.sends import Sends
from chaos.load.stream import Stream

STREAMS: tuple[Stream, ...] = (Leads(), Orders(), Calls(), Cases(), Sends(), Imports())
