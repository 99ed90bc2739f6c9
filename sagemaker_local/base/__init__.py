"""Everything that is not SageMaker: S3, IAM, STS, SQS, SNS, EventBridge, CloudWatch, Logs and the rest of AWS."""
