"""The first look at what a reader read: whose card it is, and out with what belongs to the payment terminal."""
