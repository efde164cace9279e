"""The record of one person as FHIR R4 (S-48): one Bundle of plain resources, each row of the store in one of them."""
