"""What runs inside the sandbox: the files of strangers are opened here and nowhere else. It hands over numbers and text (``gis.handover``)."""
