"""What is asked of a cloud itself, beside what the engines do. SDKs are imported when first used."""
