"""Finding accident-prone places: plain functions over arrays in metres; no Django, no database.

`accidents` everywhere are parallel arrays, one entry an accident; a place names them by their position in these arrays.
"""
