"""Best Response Shaping.

Aghajohari, Cooijmans, Duque, Akatsuka, Courville. RLC 2024, arXiv 2404.06519.
"""
