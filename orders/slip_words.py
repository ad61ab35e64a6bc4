"""What a packing slip says in the languages of Europe's customers, and which of them an order's customer reads. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The printed words of one language; ``{seller}`` stands for the selling shop."""

    slip: str
    deliver_to: str
    order: str
    reference: str
    date: str
    units: str
    item: str
    article: str
    thanks: str
    questions: str


LANGUAGES: dict[str, Words] = {
    "en": Words("Packing slip", "Deliver to", "Order", "Reference", "Date", "Units", "Item", "Article",
                "Thank you for your order.", "Questions about it? Please contact {seller}."),
    "de": Words("Lieferschein", "Lieferadresse", "Bestellung", "Referenz", "Datum", "Menge", "Artikel", "Artikelnr.",
                "Vielen Dank für Ihre Bestellung.", "Fragen dazu? Bitte wenden Sie sich an {seller}."),
    "fr": Words("Bon de livraison", "Livrer à", "Commande", "Référence", "Date", "Quantité", "Article", "Réf. article",
                "Merci pour votre commande.", "Une question ? Contactez {seller}."),
    "it": Words("Documento di consegna", "Consegnare a", "Ordine", "Riferimento", "Data", "Quantità", "Articolo", "Codice",
                "Grazie per il tuo ordine.", "Domande? Contatta {seller}."),
    "es": Words("Albarán", "Entregar a", "Pedido", "Referencia", "Fecha", "Unidades", "Artículo", "Código",
                "Gracias por tu pedido.", "¿Preguntas? Ponte en contacto con {seller}."),
    "nl": Words("Pakbon", "Bezorgen bij", "Bestelling", "Referentie", "Datum", "Aantal", "Artikel", "Artikelnr.",
                "Bedankt voor je bestelling.", "Vragen? Neem contact op met {seller}."),
    "sv": Words("Följesedel", "Levereras till", "Beställning", "Referens", "Datum", "Antal", "Artikel", "Artikelnr",
                "Tack för din beställning.", "Frågor? Kontakta {seller}."),
    "pl": Words("Specyfikacja przesyłki", "Adres dostawy", "Zamówienie", "Numer referencyjny", "Data", "Ilość", "Produkt", "Symbol",
                "Dziękujemy za zamówienie.", "Masz pytania? Skontaktuj się z {seller}."),
    "da": Words("Følgeseddel", "Leveres til", "Ordre", "Reference", "Dato", "Antal", "Vare", "Varenr.",
                "Tak for din ordre.", "Spørgsmål? Kontakt {seller}."),
    "pt": Words("Guia de remessa", "Entregar a", "Encomenda", "Referência", "Data", "Quantidade", "Artigo", "Código",
                "Obrigado pela sua encomenda.", "Dúvidas? Contacte {seller}."),
    "fi": Words("Lähetyslista", "Toimitusosoite", "Tilaus", "Viite", "Päivä", "Määrä", "Tuote", "Tuotenro",
                "Kiitos tilauksestasi.", "Kysyttävää? Ota yhteyttä: {seller}."),
    "cs": Words("Dodací list", "Doručit na", "Objednávka", "Reference", "Datum", "Počet", "Zboží", "Kód",
                "Děkujeme za vaši objednávku.", "Máte dotazy? Obraťte se na {seller}."),
}  # fmt: skip
NAMES = {
    "en": "English", "de": "Deutsch", "fr": "Français", "it": "Italiano", "es": "Español", "nl": "Nederlands", "sv": "Svenska",
    "pl": "Polski", "da": "Dansk", "pt": "Português", "fi": "Suomi", "cs": "Čeština",
}  # fmt: skip
# the language most customers of a country read; where there are several it is only a guess, the order's own word goes first
SPOKEN = {
    "AT": "de", "DE": "de", "LI": "de", "CH": "de", "LU": "fr", "FR": "fr", "MC": "fr", "BE": "nl", "NL": "nl", "IT": "it", "SM": "it",
    "ES": "es", "AD": "es", "SE": "sv", "PL": "pl", "DK": "da", "PT": "pt", "FI": "fi", "CZ": "cs",
}  # fmt: skip


def language_of(locale: str, country: str) -> str:
    """Choose the language of a customer: the one the order was placed in, else the one of the country it goes to, else English."""
    said = locale.replace("_", "-").partition("-")[0].lower()
    if said in LANGUAGES:
        return said
    return SPOKEN.get(country.upper(), "en") if not said else "en"
