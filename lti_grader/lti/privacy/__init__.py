"""The data-privacy launch: an institution's privacy person sees, exports and erases what is held about somebody."""
