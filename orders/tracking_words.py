"""What the page on which a customer follows a parcel says, in the languages of Europe's customers. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrackingWords:
    """The words of one language; ``{order}``, ``{seller}`` and ``{day}`` stand for what they name."""

    title: str
    heading: str
    delivered: str
    on_its_way: str
    carrier: str
    number: str
    follow: str
    in_this_parcel: str
    carrier_says: str
    questions: str
    # what carriers say: announced, in transit, out for delivery, delivered, tried, to be collected, late
    events: tuple[str, str, str, str, str, str, str]


# which of them each of the platforms' words is
EVENTS = {
    "LABEL_PURCHASED": 0, "LABEL_PRINTED": 0, "CONFIRMED": 0, "CARRIER_PICKED_UP": 1, "IN_TRANSIT": 1, "OUT_FOR_DELIVERY": 2,
    "DELIVERED": 3, "ATTEMPTED_DELIVERY": 4, "FAILURE": 4, "READY_FOR_PICKUP": 5, "DELAYED": 6,
}  # fmt: skip
TRACKING: dict[str, TrackingWords] = {
    "en": TrackingWords(
        "Your order {order} from {seller}", "Your order {order}", "Delivered on {day}", "On its way since {day}", "Carrier",
        "Tracking number", "Follow it at the carrier", "In this parcel", "What the carrier says",
        "Questions? Please contact {seller}.",
        ("Announced to the carrier", "In transit", "Out for delivery",
         "Delivered", "Delivery attempted", "Ready for collection", "Delayed")),
    "de": TrackingWords(
        "Ihre Bestellung {order} bei {seller}", "Ihre Bestellung {order}", "Zugestellt am {day}", "Unterwegs seit {day}",
        "Zusteller", "Sendungsnummer", "Beim Zusteller verfolgen", "In diesem Paket", "Was der Zusteller sagt",
        "Fragen? Bitte wenden Sie sich an {seller}.",
        ("Angekündigt", "Unterwegs", "In Zustellung", "Zugestellt", "Zustellversuch", "Abholbereit", "Verspätet")),
    "fr": TrackingWords(
        "Votre commande {order} chez {seller}", "Votre commande {order}", "Livré le {day}", "En route depuis le {day}",
        "Transporteur", "Numéro de suivi", "Suivre chez le transporteur", "Dans ce colis", "Ce que dit le transporteur",
        "Une question ? Contactez {seller}.",
        ("Annoncé au transporteur", "En transit", "En cours de livraison",
         "Livré", "Tentative de livraison", "Prêt à être retiré", "Retardé")),
    "it": TrackingWords(
        "Il tuo ordine {order} da {seller}", "Il tuo ordine {order}", "Consegnato il {day}", "In viaggio dal {day}", "Corriere",
        "Numero di tracciamento", "Seguilo presso il corriere", "In questo pacco", "Cosa dice il corriere",
        "Domande? Contatta {seller}.",
        ("Annunciato al corriere", "In transito", "In consegna",
         "Consegnato", "Tentativo di consegna", "Pronto per il ritiro", "In ritardo")),
    "es": TrackingWords(
        "Tu pedido {order} en {seller}", "Tu pedido {order}", "Entregado el {day}", "En camino desde el {day}", "Transportista",
        "Número de seguimiento", "Seguir en la web del transportista", "En este paquete", "Lo que dice el transportista",
        "¿Preguntas? Ponte en contacto con {seller}.",
        ("Anunciado al transportista", "En tránsito", "En reparto",
         "Entregado", "Intento de entrega", "Listo para recoger", "Con retraso")),
    "nl": TrackingWords(
        "Je bestelling {order} bij {seller}", "Je bestelling {order}", "Bezorgd op {day}", "Onderweg sinds {day}", "Vervoerder",
        "Volgnummer", "Volg het bij de vervoerder", "In dit pakket", "Wat de vervoerder zegt",
        "Vragen? Neem contact op met {seller}.",
        ("Aangemeld bij de vervoerder", "Onderweg", "Wordt vandaag bezorgd",
         "Bezorgd", "Bezorgpoging", "Ligt klaar om af te halen", "Vertraagd")),
    "sv": TrackingWords(
        "Din beställning {order} hos {seller}", "Din beställning {order}", "Levererat den {day}", "På väg sedan den {day}",
        "Fraktbolag", "Spårningsnummer", "Följ hos fraktbolaget", "I det här paketet", "Vad fraktbolaget säger",
        "Frågor? Kontakta {seller}.",
        ("Aviserat hos fraktbolaget", "Under transport", "Ute för leverans",
         "Levererat", "Leveransförsök", "Redo att hämtas", "Försenat")),
    "pl": TrackingWords(
        "Twoje zamówienie {order} w {seller}", "Twoje zamówienie {order}", "Doręczono: {day}", "W drodze od: {day}", "Przewoźnik",
        "Numer przesyłki", "Śledź u przewoźnika", "W tej paczce", "Informacje przewoźnika",
        "Masz pytania? Skontaktuj się z {seller}.",
        ("Zgłoszona u przewoźnika", "W drodze", "W doręczeniu",
         "Doręczono", "Próba doręczenia", "Gotowa do odbioru", "Opóźniona")),
    "da": TrackingWords(
        "Din ordre {order} hos {seller}", "Din ordre {order}", "Leveret den {day}", "På vej siden den {day}", "Fragtfirma",
        "Sporingsnummer", "Følg den hos fragtfirmaet", "I denne pakke", "Hvad fragtfirmaet siger",
        "Spørgsmål? Kontakt {seller}.",
        ("Meldt til fragtfirmaet", "Undervejs", "Under udbringning",
         "Leveret", "Leveringsforsøg", "Klar til afhentning", "Forsinket")),
    "pt": TrackingWords(
        "A sua encomenda {order} em {seller}", "A sua encomenda {order}", "Entregue em {day}", "A caminho desde {day}",
        "Transportadora", "Número de seguimento", "Seguir na transportadora", "Nesta encomenda", "O que diz a transportadora",
        "Dúvidas? Contacte {seller}.",
        ("Anunciada à transportadora", "Em trânsito", "Em distribuição",
         "Entregue", "Tentativa de entrega", "Pronta para levantamento", "Atrasada")),
    "fi": TrackingWords(
        "Tilauksesi {order}, {seller}", "Tilauksesi {order}", "Toimitettu {day}", "Matkalla {day} alkaen", "Kuljetusyhtiö",
        "Seurantatunnus", "Seuraa kuljetusyhtiön sivulla", "Tässä paketissa", "Kuljetusyhtiön tiedot",
        "Kysyttävää? Ota yhteyttä: {seller}.",
        ("Ilmoitettu kuljetusyhtiölle", "Kuljetuksessa", "Jakelussa",
         "Toimitettu", "Toimitusyritys", "Noudettavissa", "Myöhässä")),
    "cs": TrackingWords(
        "Vaše objednávka {order} u {seller}", "Vaše objednávka {order}", "Doručeno {day}", "Na cestě od {day}", "Dopravce",
        "Číslo zásilky", "Sledovat u dopravce", "V tomto balíku", "Co říká dopravce",
        "Máte dotazy? Obraťte se na {seller}.",
        ("Ohlášeno dopravci", "Na cestě", "Na doručení",
         "Doručeno", "Pokus o doručení", "Připraveno k vyzvednutí", "Zpožděno")),
}  # fmt: skip


def event_words(words: TrackingWords, status: str) -> str:
    """Say what a carrier said in a customer's language; what has no word there stays the platform's own."""
    place = EVENTS.get(status.upper())
    return words.events[place] if place is not None else status.replace("_", " ").capitalize()
