"""Reading what people bring, in processes of their own: within a time, a memory and a size, and never in a page's.

Not here: how a picture, a sound, a zip or a table is read (`core.data`, `core.data.points`).
"""
