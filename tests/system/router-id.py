"""The neighbors of tests/system/router-id."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "interop"))
from lab import Daemon, speaker, within  # noqa: E402
from raw import fact  # noqa: E402

ME = "10.66.0.1"
daemon = Daemon()


def shared():
    return daemon.metric("selvage_bgp_shared_identifiers_total")


two, three = speaker("10.66.0.2", ME), speaker("10.66.0.3", ME)
fact("identifiers of their own are nothing to talk about", shared() == 0, shared())
four = speaker("10.66.0.4", ME, ident="10.66.0.2")
within(2, "one that another neighbor has is counted", lambda: shared() == 1)
