# no directive
FROM registry.example.org/base:1

  run pip install \
    # a comment inside
    contoso-features \

    contoso-nlp \   
# another, without indentation \
    contoso-core
RUN echo two\\
CMD ["python", \
     "-m", "contoso"]
