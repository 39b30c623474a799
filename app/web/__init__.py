"""What all web blueprints share: who asks (``context``), on which host and for which pool (``hosts``, ``pool``), what a form
must prove (``csrf``, ``cookies``), what is too much (``limits``), and how an answer is wrapped (``headers``, ``errors``).

``defences.Defences`` puts them around an application in the right order. The hosted pages are drawn by ``pages.Pages`` in
a theme; a view hands it a context (``contexts``), sentences come from the theme's catalogues (``catalogue``).
"""
