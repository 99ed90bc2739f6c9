"""XGBoost as the built-in algorithm: what the XGBoost image trains with where no script is given.

An implementation of its own of the rules of AWS's XGBoost container (github.com/aws/sagemaker-xgboost-container).
"""
