"""Rendering: a stack becomes the text of a Terraform workspace or a CloudFormation template. Needs no network."""
