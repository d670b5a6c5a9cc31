"""The keyword table as staff keep it: published in versions, changed in drafts, tried on past matters before."""
