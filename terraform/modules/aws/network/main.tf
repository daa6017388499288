# A network of our own: in each zone a private subnet for everything that runs, and a public one for what lets it out.

data "aws_availability_zones" "this" {
  #checkov:skip=CKV_AWS_394:subnets stay in the zone they were made in (ignore_changes), whatever zones come later
  state = "available"

  # The oldest zone of us-east-1 lacks machines of the later generations.
  exclude_zone_ids = ["use1-az3"]

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  zones = toset([for index in range(var.zones) : tostring(index)])
  # Private subnets share the lower half of the addresses, public ones begin at three quarters.
  private_bits = ceil(log(var.zones, 2)) + 1
  gateways     = var.nat == "none" ? toset([]) : var.nat == "one" ? toset(["0"]) : local.zones
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }

  lifecycle {
    precondition {
      condition     = length(data.aws_availability_zones.this.names) >= var.zones
      error_message = "The region must have at least ${var.zones} availability zones."
    }
  }
}

# Nothing may pass by the security group that AWS makes with every network.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "private" {
  for_each = local.zones

  vpc_id            = aws_vpc.this.id
  cidr_block        = cidrsubnet(var.cidr, local.private_bits, tonumber(each.key))
  availability_zone = data.aws_availability_zones.this.names[tonumber(each.key)]

  tags = { Name = "${var.name}-private-${each.key}" }

  # A zone that AWS adds must not move those that are there.
  lifecycle {
    ignore_changes = [availability_zone]
  }
}

resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  cidr_block              = cidrsubnet(cidrsubnet(var.cidr, 2, 3), 4, tonumber(each.key))
  availability_zone       = data.aws_availability_zones.this.names[tonumber(each.key)]
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-public-${each.key}" }

  lifecycle {
    ignore_changes = [availability_zone]
  }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-public" }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = local.zones

  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public.id
}

resource "aws_eip" "nat" {
  for_each = local.gateways

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${each.key}" }
}

resource "aws_nat_gateway" "this" {
  for_each = local.gateways

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = { Name = "${var.name}-${each.key}" }

  depends_on = [aws_route.internet]
}

resource "aws_route_table" "private" {
  for_each = local.zones

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_route" "nat" {
  for_each = var.nat == "none" ? toset([]) : local.zones

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[var.nat == "one" ? "0" : each.key].id
}

resource "aws_route_table_association" "private" {
  for_each = local.zones

  subnet_id      = aws_subnet.private[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}
