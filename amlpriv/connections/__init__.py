"""Workspace connections as text and values: addresses of feeds and repositories, kinds of secrets, which one matches.

Pure: what a workspace holds, and the time, come in as arguments. Results carry complaints, which callers place.
"""
