"""The CTI bridge: from the PBX's manager interface to calls on the bus, without losing any."""
