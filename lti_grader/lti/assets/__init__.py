"""The Asset Processor 1.0: what students hand in to the LMS itself comes here to be kept, and graded."""
