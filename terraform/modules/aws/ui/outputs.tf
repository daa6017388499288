output "url" {
  description = "URL of the UI, after its DNS name points to the load balancer."
  value       = local.url
}

output "load_balancer_dns_name" {
  description = "DNS name of the load balancer, the target of the DNS record of the UI."
  value       = aws_lb.this.dns_name
}

output "load_balancer_zone_id" {
  description = "Hosted zone ID of the load balancer, for an alias record in Route 53."
  value       = aws_lb.this.zone_id
}

output "log_bucket_name" {
  description = "Name of the access log bucket."
  value       = aws_s3_bucket.logs.bucket
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = { METAFLOW_UI_URL = local.url }
}
