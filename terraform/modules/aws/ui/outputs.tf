output "url" {
  description = "Where people reach the UI, once its name leads to the load balancer."
  value       = local.url
}

output "load_balancer_dns_name" {
  description = "What the name of the UI must lead to."
  value       = aws_lb.this.dns_name
}

output "load_balancer_zone_id" {
  description = "Zone of that name, for an alias record in Route 53."
  value       = aws_lb.this.zone_id
}

output "log_bucket_name" {
  description = "Bucket of the access logs."
  value       = aws_s3_bucket.logs.bucket
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = { METAFLOW_UI_URL = local.url }
}
