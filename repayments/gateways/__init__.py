"""
Payment providers, each behind the one interface of `repayments.gateways.base`.

An adapter turns our order into the provider's request and the provider's callback into a `ProviderEvent`. It knows no
rows and books nothing; `repayments.services.gateway` does that.
"""
