"""LLRP 1.0.1 and 1.1 as bytes: frames, tag reports and the small set of messages we speak."""
