"""Members of Application Auto Scaling's operations."""

from __future__ import annotations

from sagemaker_local.operations.fields.treatment import HONOURED, RECORDED, REFUSED

FIELDS: dict[str, dict[str, str]] = {
    "RegisterScalableTarget": {
        "ServiceNamespace": HONOURED,
        "ResourceId": HONOURED,
        "ScalableDimension": HONOURED,
        "MinCapacity": HONOURED,
        "MaxCapacity": HONOURED,
        "RoleARN": RECORDED,
        "SuspendedState": HONOURED,
        "SuspendedState.DynamicScalingInSuspended": HONOURED,
        "SuspendedState.DynamicScalingOutSuspended": HONOURED,
        "SuspendedState.ScheduledScalingSuspended": RECORDED,
        "Tags": REFUSED,
    },
    "PutScalingPolicy": {
        "PolicyName": HONOURED,
        "ServiceNamespace": HONOURED,
        "ResourceId": HONOURED,
        "ScalableDimension": HONOURED,
        "PolicyType": HONOURED,
        "StepScalingPolicyConfiguration": HONOURED,
        "StepScalingPolicyConfiguration.AdjustmentType": HONOURED,
        "StepScalingPolicyConfiguration.StepAdjustments": HONOURED,
        "StepScalingPolicyConfiguration.MinAdjustmentMagnitude": HONOURED,
        "StepScalingPolicyConfiguration.Cooldown": HONOURED,
        "StepScalingPolicyConfiguration.MetricAggregationType": RECORDED,
        "TargetTrackingScalingPolicyConfiguration": HONOURED,
        "TargetTrackingScalingPolicyConfiguration.TargetValue": HONOURED,
        "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification": HONOURED,
        "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification": HONOURED,
        "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.MetricName": HONOURED,
        "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Namespace": HONOURED,
        "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Dimensions": HONOURED,
        "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Statistic": HONOURED,
        "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Unit": HONOURED,
        "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Metrics": REFUSED,
        "TargetTrackingScalingPolicyConfiguration.ScaleOutCooldown": HONOURED,
        "TargetTrackingScalingPolicyConfiguration.ScaleInCooldown": HONOURED,
        "TargetTrackingScalingPolicyConfiguration.DisableScaleIn": HONOURED,
        "PredictiveScalingPolicyConfiguration": REFUSED,
    },
}
