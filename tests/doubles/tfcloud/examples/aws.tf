provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { stack = "x" }
  }
}

data "aws_iam_policy_document" "cluster" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["eks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "cluster" {
  name               = "cluster"
  assume_role_policy = data.aws_iam_policy_document.cluster.json
}

resource "aws_vpc" "v" {
  cidr_block = "10.0.0.0/16"
  tags       = { a = "b" }
}

resource "aws_subnet" "s" {
  count             = 2
  vpc_id            = aws_vpc.v.id
  cidr_block        = cidrsubnet(aws_vpc.v.cidr_block, 8, count.index)
  availability_zone = "eu-west-1${["a", "b"][count.index]}"
}

resource "aws_eks_cluster" "c" {
  name     = "c"
  role_arn = aws_iam_role.cluster.arn
  version  = "1.34"
  access_config {
    authentication_mode = "API"
  }
  vpc_config {
    subnet_ids = aws_subnet.s[*].id
  }
}

data "aws_eks_cluster_auth" "c" {
  name = aws_eks_cluster.c.name
}

data "aws_eks_addon_version" "dns" {
  addon_name         = "coredns"
  kubernetes_version = aws_eks_cluster.c.version
}

resource "aws_eks_addon" "dns" {
  cluster_name  = aws_eks_cluster.c.name
  addon_name    = "coredns"
  addon_version = data.aws_eks_addon_version.dns.version
}

resource "aws_eks_node_group" "n" {
  cluster_name    = aws_eks_cluster.c.name
  node_group_name = "n"
  node_role_arn   = aws_iam_role.cluster.arn
  subnet_ids      = aws_subnet.s[*].id
  scaling_config {
    desired_size = 1
    max_size     = 2
    min_size     = 1
  }
}

resource "aws_eks_access_entry" "me" {
  cluster_name  = aws_eks_cluster.c.name
  principal_arn = aws_iam_role.cluster.arn
}

resource "aws_eks_pod_identity_association" "p" {
  cluster_name    = aws_eks_cluster.c.name
  namespace       = "metaflow"
  service_account = "task"
  role_arn        = aws_iam_role.cluster.arn
}

data "tls_certificate" "c" {
  url = aws_eks_cluster.c.identity[0].oidc[0].issuer
}

resource "aws_iam_openid_connect_provider" "c" {
  url             = aws_eks_cluster.c.identity[0].oidc[0].issuer
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = [data.tls_certificate.c.certificates[0].sha1_fingerprint]
}

resource "aws_sqs_queue" "q" {
  name = "interruptions"
}

resource "aws_secretsmanager_secret" "s" {
  name = "s"
}

ephemeral "random_password" "p" {
  length = 20
}

resource "aws_secretsmanager_secret_version" "v" {
  secret_id                = aws_secretsmanager_secret.s.id
  secret_string_wo         = "marked-${ephemeral.random_password.p.result}"
  secret_string_wo_version = 1
}

output "arn" { value = aws_eks_cluster.c.arn }
output "authority" { value = base64decode(aws_eks_cluster.c.certificate_authority[0].data) }
output "provider" { value = aws_iam_openid_connect_provider.c.arn }
output "queue" { value = aws_sqs_queue.q.url }
output "tags" { value = aws_vpc.v.tags_all }
output "node" { value = aws_eks_node_group.n.id }
