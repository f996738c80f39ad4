FROM a

RUM pip install x
