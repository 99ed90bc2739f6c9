"""What scripts import of AWS's XGBoost container."""
