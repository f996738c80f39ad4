FROM a
SHELL bash
