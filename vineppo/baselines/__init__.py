"""Methods without reinforcement that the paper compares with: RestEM and DPO-Positive."""
