"""CloudFormation: change sets, events, and the stack it deploys."""
