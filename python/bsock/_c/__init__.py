"""The C side: everything that needs ctypes. The modules outside this folder never see it (a test looks)."""
