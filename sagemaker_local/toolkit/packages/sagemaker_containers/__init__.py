"""What scripts import of the library that AWS's scikit-learn and XGBoost containers are built on."""
