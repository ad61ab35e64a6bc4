"""What a return slip says in the languages of Europe's customers. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReturnWords:
    """The printed words of one language, and what the tracking page calls the slip."""

    title: str
    stick: str
    enclose: str
    send_to: str
    sender: str
    number: str
    print_it: str


RETURNING: dict[str, ReturnWords] = {
    "en": ReturnWords("Return", "Stick this part on the parcel.", "Put this part into the parcel.", "Send to", "From",
                      "Return number", "Print the return slip"),
    "de": ReturnWords("Rücksendung", "Diesen Teil auf das Paket kleben.", "Diesen Teil in das Paket legen.", "Senden an",
                      "Absender", "Rücksendenummer", "Rücksendeschein drucken"),
    "fr": ReturnWords("Retour", "Collez cette partie sur le colis.", "Glissez cette partie dans le colis.", "Envoyer à",
                      "Expéditeur", "Numéro de retour", "Imprimer le bon de retour"),
    "it": ReturnWords("Reso", "Incolla questa parte sul pacco.", "Inserisci questa parte nel pacco.", "Spedire a",
                      "Mittente", "Numero di reso", "Stampa il modulo di reso"),
    "es": ReturnWords("Devolución", "Pega esta parte en el paquete.", "Incluye esta parte en el paquete.", "Enviar a",
                      "Remitente", "Número de devolución", "Imprimir el albarán de devolución"),
    "nl": ReturnWords("Retour", "Plak dit deel op het pakket.", "Doe dit deel in het pakket.", "Sturen naar",
                      "Afzender", "Retournummer", "Retourbon afdrukken"),
    "sv": ReturnWords("Retur", "Klistra den här delen på paketet.", "Lägg den här delen i paketet.", "Skickas till",
                      "Avsändare", "Returnummer", "Skriv ut retursedeln"),
    "pl": ReturnWords("Zwrot", "Naklej tę część na paczkę.", "Włóż tę część do paczki.", "Wyślij do",
                      "Nadawca", "Numer zwrotu", "Wydrukuj formularz zwrotu"),
    "da": ReturnWords("Retur", "Klæb denne del på pakken.", "Læg denne del i pakken.", "Sendes til",
                      "Afsender", "Returnummer", "Udskriv returseddel"),
    "pt": ReturnWords("Devolução", "Cole esta parte na embalagem.", "Coloque esta parte dentro da embalagem.", "Enviar para",
                      "Remetente", "Número de devolução", "Imprimir a guia de devolução"),
    "fi": ReturnWords("Palautus", "Kiinnitä tämä osa pakettiin.", "Laita tämä osa paketin sisään.", "Lähetä osoitteeseen",
                      "Lähettäjä", "Palautusnumero", "Tulosta palautuslomake"),
    "cs": ReturnWords("Vrácení zboží", "Tuto část nalepte na balík.", "Tuto část vložte do balíku.", "Odeslat na",
                      "Odesílatel", "Číslo vrácení", "Vytisknout formulář pro vrácení"),
}  # fmt: skip
