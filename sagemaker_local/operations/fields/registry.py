"""The members of the operations that create model packages, their groups, and model cards."""

from sagemaker_local.operations.fields.treatment import HONOURED, RECORDED, REFUSED

FIELDS = {
    "CreateModelPackageGroup": {
        "ModelPackageGroupName": HONOURED,
        "ModelPackageGroupDescription": RECORDED,
        "Tags": HONOURED,
        "ManagedConfiguration": REFUSED,
    },
    "CreateModelCard": {
        "ModelCardName": HONOURED,
        "SecurityConfig": RECORDED,
        "Content": HONOURED,
        "ModelCardStatus": HONOURED,
        "Tags": HONOURED,
    },
    "CreateModelPackage": {
        "ModelPackageName": HONOURED,
        "ModelPackageGroupName": HONOURED,
        "ModelPackageDescription": RECORDED,
        "ModelPackageRegistrationType": RECORDED,
        "InferenceSpecification": RECORDED,
        "ValidationSpecification": REFUSED,
        "SourceAlgorithmSpecification": REFUSED,
        "CertifyForMarketplace": RECORDED,
        "Tags": HONOURED,
        "ModelApprovalStatus": HONOURED,
        "MetadataProperties": RECORDED,
        "ModelMetrics": RECORDED,
        "ClientToken": HONOURED,
        "Domain": RECORDED,
        "Task": RECORDED,
        "SamplePayloadUrl": RECORDED,
        "CustomerMetadataProperties": HONOURED,
        "DriftCheckBaselines": RECORDED,
        "AdditionalInferenceSpecifications": RECORDED,
        "SkipModelValidation": RECORDED,
        "SourceUri": RECORDED,
        "SecurityConfig": RECORDED,
        "ModelCard": RECORDED,
        "ModelLifeCycle": HONOURED,
        "ManagedStorageType": REFUSED,
    },
}
