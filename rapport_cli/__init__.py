"""The command `rapport`: what an operator asks of the house and does to it."""

import warnings

# The database layer is shared with the services, which run on eventlet; here it says nothing new.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
