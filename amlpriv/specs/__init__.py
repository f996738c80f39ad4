"""What an environment is: parse and render conda, pip, and Azure ML documents. Pure: texts in, texts out."""
