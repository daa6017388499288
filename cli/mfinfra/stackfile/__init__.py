"""The stack file: its schema, its rules, and the reader."""

# Defined here, because importing the schema takes longer than most commands.
#: The name of a stack file.
FILE_NAME = "mfinfra.yaml"
#: The name of a local stack that has none.
DEFAULT_NAME = "local"
