# A stable address inside the network: the service on port 80, the version of its schema on port 8082.

resource "aws_security_group" "load_balancer" {
  name        = "${var.name}-metadata-lb"
  description = "Load balancer of the metadata service of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-metadata-lb" }
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  #checkov:skip=CKV_AWS_260:the rule allows only the CIDR ranges of the network itself
  for_each = { for pair in setproduct([80, 8082], range(length(var.vpc_cidr_blocks))) : "${pair[0]}-${pair[1]}" => pair }

  security_group_id = aws_security_group.load_balancer.id
  description       = "From the network"
  cidr_ipv4         = var.vpc_cidr_blocks[each.value[1]]
  ip_protocol       = "tcp"
  from_port         = each.value[0]
  to_port           = each.value[0]
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  for_each = { service = 8080, schema = 8082 }

  security_group_id            = aws_security_group.load_balancer.id
  description                  = "To the service"
  referenced_security_group_id = aws_security_group.service.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:the service logs every request itself
  #checkov:skip=CKV_AWS_150:set by deletion_protection
  #checkov:skip=CKV2_AWS_20:a network load balancer does not process HTTP
  name                             = substr("${var.name}-meta", 0, 32)
  internal                         = true
  load_balancer_type               = "network"
  subnets                          = var.subnet_ids
  security_groups                  = [aws_security_group.load_balancer.id]
  enable_deletion_protection       = var.deletion_protection
  enable_cross_zone_load_balancing = true

  # API Gateway connects through AWS PrivateLink, where rules cannot match source addresses.
  enforce_security_group_inbound_rules_on_private_link_traffic = "off"
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:the service uses HTTP inside the network; API Gateway terminates TLS
  for_each = { service = 8080, schema = 8082 }

  name_prefix          = substr(replace("${each.key}-", "service", "svc"), 0, 6)
  port                 = each.value
  protocol             = "TCP"
  target_type          = "ip"
  vpc_id               = var.vpc_id
  deregistration_delay = 30

  health_check {
    protocol            = "TCP"
    port                = tostring(each.value)
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "this" {
  #checkov:skip=CKV_AWS_2:the service uses HTTP inside the network; API Gateway terminates TLS
  #checkov:skip=CKV_AWS_103:the service uses HTTP inside the network; API Gateway terminates TLS
  for_each = { service = 80, schema = 8082 }

  load_balancer_arn = aws_lb.this.arn
  port              = each.value
  protocol          = "TCP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }
}
