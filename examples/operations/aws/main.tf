# For MONGODB-AWS on EC2: the role of an application, with its instance profile, and an interface
# VPC endpoint by which the database hosts reach STS without a route to the internet. The database
# hosts themselves need no role.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "role_name" {
  description = "Name of the role; the user in $external is arn:aws:iam::ACCOUNT:role/NAME"
  type        = string
  default     = "shop-app"
}

variable "vpc_id" {
  description = "VPC of the database hosts"
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the endpoint, one in each availability zone of the database hosts"
  type        = list(string)
}

variable "database_security_group_id" {
  description = "Security group of the database hosts"
  type        = string
}

variable "client_accounts" {
  description = "AWS accounts of the clients"
  type        = list(string)
}

data "aws_region" "current" {}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

data "aws_vpc_endpoint_service" "sts" {
  service      = "sts"
  service_type = "Interface"
}

# The clients' side: GetCallerIdentity needs no permission, so the role has no policy for logins.
resource "aws_iam_role" "app" {
  name = var.role_name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_instance_profile" "app" {
  name = var.role_name
  role = aws_iam_role.app.name
}

# The database's side.
resource "aws_security_group" "sts" {
  name_prefix = "sts-endpoint-"
  description = "STS endpoint, HTTPS from the database hosts"
  vpc_id      = var.vpc_id

  ingress {
    description     = "Database hosts"
    protocol        = "tcp"
    from_port       = 443
    to_port         = 443
    security_groups = [var.database_security_group_id]
  }
}

resource "aws_vpc_endpoint" "sts" {
  vpc_endpoint_type  = "Interface"
  service_name       = data.aws_vpc_endpoint_service.sts.service_name
  vpc_id             = var.vpc_id
  subnet_ids         = var.subnet_ids
  security_group_ids = [aws_security_group.sts.id]

  # With private DNS, everything in the VPC that uses this region's STS takes this endpoint, and its
  # policy and security group have to allow that, too. Without, only the database servers do, by
  # awsStsEndpoint.
  private_dns_enabled = false

  # The requests are signed by the clients, so the policy is about their identities.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "sts:GetCallerIdentity"
      Resource  = "*"
      Condition = {
        StringEquals = { "aws:PrincipalAccount" = var.client_accounts }
      }
    }]
  })
}

output "user" {
  description = "The user to create in $external"
  value       = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/${aws_iam_role.app.name}"
}

output "aws_sts_host" {
  description = "awsStsHost in the setParameter section of mongod.conf"
  value       = "sts.${data.aws_region.current.id}.${data.aws_partition.current.dns_suffix}"
}

output "aws_sts_endpoint" {
  description = "awsStsEndpoint in the setParameter section of mongod.conf"
  value       = "https://${aws_vpc_endpoint.sts.dns_entry[0].dns_name}"
}
