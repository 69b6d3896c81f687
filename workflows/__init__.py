"""What is decided. One folder per capability, each with the same anatomy: model (pure), store + store.sql, service."""

VERSION = "0.1.0"
PRODUCT = f"hetu {VERSION}"
