"""The catalogue follows the ERP."""

from contracts.erp import PRODUCT_UPSERT
from services.sales.tables import Product
from tests.support.erp import post_product


class TestTakeProduct:
    def test_keeps_the_newest_revision_of_a_product(self, sales):
        post_product(sales, revision=2, name="Stapler XL")
        post_product(sales, revision=1)
        post_product(sales, revision=3, name="Stapler XXL")
        post_product(sales, revision=3, name="Stapler XXL", message_id="again")

        (product,) = sales.rows(Product)
        assert (product.sku, product.name, product.revision) == ("OFF-1", "Stapler XXL", 3)
        outcomes = [v["outcome"] for v in sales.told("erp.product.accepted.v1")]
        assert outcomes == ["created", "superseded", "revised", "unchanged"]
        assert [c["verb"] for c in sales.told("sales.record.changed.v1")] == ["created", "updated"]

    def test_refuses_a_revision_with_another_name(self, sales):
        post_product(sales)
        post_product(sales, name="Something else")

        assert [v["code"] for v in sales.told("erp.product.refused.v1")] == [
            "sales.product.revision_conflict"
        ]
        assert sales.rows(Product)[0].name == "Stapler"

    def test_refuses_a_product_without_a_name(self, sales):
        sales.post("erp_products", {"product_id": "X", "revision": 1}, "m1", PRODUCT_UPSERT)

        assert [v["code"] for v in sales.told("erp.product.refused.v1")] == ["invalid.fields"]
        assert sales.rows(Product) == []
