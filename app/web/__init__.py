"""What all web blueprints share: who asks (``context``), on which host and for which pool (``hosts``, ``pool``), what a form
must prove (``csrf``, ``cookies``), what is too much (``limits``), and how an answer is wrapped (``headers``, ``errors``).

``defences.Defences`` puts them around an application in the right order.
"""
