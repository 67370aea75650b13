//! Ordinary letters, as a sales team writes them. None of them may be stopped or asked about.

/// A letter to Anna Kowalska of Brightwater GmbH from Sam Seller of Lockkeeper, in its language, with its subject.
pub(super) struct Letter {
    pub language: &'static str,
    pub subject: &'static str,
    pub text: &'static str,
}

const fn letter(language: &'static str, subject: &'static str, text: &'static str) -> Letter {
    Letter { language, subject, text }
}

pub(super) const ORDINARY: &[Letter] = &[
    letter(
        "en",
        "Re: Your enquiry",
        "Dear Anna,\n\nThank you for getting in touch about our scheduling product. I have read your message and would like to understand your \
        situation better before I suggest anything.\n\nCould you tell me how many people in your team plan shifts, and which tools you use today? A short call would help; \
        please let me know what suits you.\n\nBest regards,\nSam Seller\nLockkeeper\n+44 20 7946 0958",
    ),
    letter(
        "en",
        "Re: Question about integrations",
        "Hi Anna,\n\nYes, we support single sign-on with the usual providers, and the REST API covers everything you see in the interface. \
        The documentation at https://docs.lockkeeper.example/api/v2#auth explains it in 3 steps.\n\nThanks for the attachment you sent; I have passed it on to our engineers.\n\nKind regards,\nSam",
    ),
    letter(
        "en",
        "Thank you",
        "Hello Ms Kowalska,\n\nthank you for the pleasant conversation. As discussed, I will prepare a proposal and come back to you soon. In the meantime, feel free to reach me at \
        sam@lockkeeper.example.\n\n- shift planning for 40 people\n- 2 locations\n- ISO 27001 certified hosting\n\nYours sincerely,\nSam Seller",
    ),
    letter(
        "en",
        "Follow-up",
        "Good morning Anna,\n\nI may have missed your reply, so I am just following up on my message from last week. Is this still a topic for Brightwater? If not, please march on and ignore this note; \
        if the timing is bad, tell me when to ask again.\n\nAll the best\nSam",
    ),
    letter(
        "en",
        "Your order no. 4500123",
        "Dear Brightwater team,\n\nwe have received your documents and are checking them. You will hear from us as soon as possible. Our support is available 24/7 \
        under the number 0800 330 1000, and see section 4.2 [1] of the manual for the first steps.\n\n[1] Installation and setup\n\nKind regards",
    ),
    letter(
        "en",
        "Hello",
        "Hi there,\n\nmany thanks for your interest! To point you to the right colleague: which of our 3 editions are you using, and is it version 2.1.0 or newer?\n\nCheers, Sam",
    ),
    letter(
        "en",
        "Re: [EXTERNAL] Re: Shift planning [CASE-4711]",
        "Anna,\n\nsounds good to me. I have added Tom from our side to the conversation, so that your technical questions are in good hands.\n\nSam",
    ),
    letter(
        "de",
        "AW: Ihre Anfrage",
        "Sehr geehrte Frau Kowalska,\n\nvielen Dank für Ihre Anfrage und Ihr Interesse an unserer Schichtplanung. Gerne möchte ich Ihren Bedarf besser verstehen, bevor ich Ihnen etwas vorschlage.\n\n\
        Wie viele Personen planen bei Ihnen Schichten, und welche Werkzeuge nutzen Sie heute? Über ein kurzes Telefonat würde ich mich freuen.\n\nMit freundlichen Grüßen\nSam Seller\n\nLockkeeper GmbH\nHauptstraße 12\n10115 Berlin\nTel. +49 30 1234567",
    ),
    letter(
        "de",
        "Unser Gespräch",
        "Hallo Anna,\n\nschön, dass wir gesprochen haben! Ich stelle die Unterlagen zusammen und melde mich in Kürze wieder bei dir. Falls z. B. noch Fragen zur Schnittstelle auftauchen, schreib mir einfach \
        oder schau unter https://docs.lockkeeper.example nach.\n\nViele Grüße\nSam",
    ),
    letter(
        "de",
        "Rückmeldung",
        "Guten Tag Frau Kowalska,\n\nbesten Dank für Ihre Geduld und für den Anhang Ihrer letzten E-Mail. Ich habe Ihre Frage an unsere Technik weitergegeben, u. a. wegen der Anbindung an SAP S/4HANA. Sobald ich mehr weiß, \
        hören Sie von mir.\n\nFreundliche Grüße aus Berlin\ni. A. Sam Seller",
    ),
    letter(
        "de",
        "Ihre Nachricht",
        "Liebe Anna, liebes Team,\n\ndanke für eure Rückmeldung! Der Hinweis zu Kapitel 3.2 im Handbuch hat uns sehr geholfen; wir haben den Text nun überarbeitet. Über den Konto- und den Rechteverwalter (siehe Seite 14) kann man die Rollen jetzt \
        selbst vergeben.\n\nBis bald und schöne Grüße\nSam",
    ),
    letter(
        "de",
        "Termin",
        "Guten Morgen Frau Kowalska,\n\nich hatte Ihnen vor einiger Zeit geschrieben und möchte freundlich nachfragen, ob das Thema bei Ihnen noch aktuell ist. Wann würde Ihnen ein Gespräch passen? Ich richte mich gerne nach Ihnen.\n\nMit besten Grüßen\nSam Seller",
    ),
    letter(
        "fr",
        "Re : Votre demande",
        "Bonjour Madame Kowalska,\n\nMerci pour votre message et l’intérêt que vous portez à notre solution. Afin de mieux comprendre votre besoin, pourriez-vous me dire combien de personnes planifient les équipes chez vous et \
        quels outils vous utilisez aujourd’hui ?\n\nJe reste à votre disposition pour un échange téléphonique.\n\nBien cordialement,\nSam Seller\n12, rue de la Paix – 75002 Paris",
    ),
    letter(
        "fr",
        "Suite à notre échange",
        "Chère Anna,\n\nJe vous remercie pour notre échange. Comme convenu, je prépare une proposition et je reviens vers vous prochainement. Si vous avez d’autres questions d’ici là, n’hésitez pas à m’écrire à sam@lockkeeper.example.\n\n\
        Merci aussi pour votre pièce jointe, très utile.\n\nBonne journée,\nSam",
    ),
    letter(
        "es",
        "Re: Su consulta",
        "Estimada señora Kowalska:\n\nGracias por su mensaje y por su interés en nuestra solución. Para entender mejor lo que necesita, ¿podría decirme cuántas personas planifican los turnos y qué herramientas utilizan ahora?\n\n\
        Quedo a su disposición para hablar cuando le venga bien.\n\nUn cordial saludo,\nSam Seller",
    ),
    letter(
        "es",
        "Seguimiento",
        "Hola Anna:\n\nTe escribo para saber si pudiste revisar mi último correo. Si el tema ya no es de interés, no pasa nada; dímelo y no insistiré más. En todo caso, ha sido un placer conversar contigo.\n\nSaludos,\nSam",
    ),
    letter(
        "it",
        "Re: La Sua richiesta",
        "Gentile Signora Kowalska,\n\ngrazie per il Suo messaggio e per l’interesse verso la nostra soluzione. Per capire meglio le Sue esigenze, potrebbe dirmi quante persone pianificano i turni e quali strumenti usate oggi?\n\n\
        Resto a disposizione per una breve telefonata.\n\nCordiali saluti,\nSam Seller",
    ),
    letter(
        "it",
        "Un saluto",
        "Ciao Anna,\n\ngrazie mille per la chiacchierata di ieri. Come d’accordo preparo una proposta e ti scrivo appena è pronta. Se nel frattempo hai domande sulla piattaforma, sono qui.\n\nA presto\nSam",
    ),
    letter(
        "nl",
        "Re: Uw aanvraag",
        "Beste Anna,\n\nBedankt voor je bericht en je interesse in onze oplossing. Om goed te begrijpen wat jullie nodig hebben: hoeveel mensen plannen er bij jullie diensten, en met welke hulpmiddelen werken jullie nu?\n\n\
        Ik hoor graag wanneer het je uitkomt om even te bellen.\n\nMet vriendelijke groet,\nSam Seller",
    ),
    letter(
        "nl",
        "Vervolg",
        "Geachte mevrouw Kowalska,\n\nHartelijk dank voor het prettige gesprek. Zoals afgesproken stel ik een voorstel op en kom ik daar binnenkort bij u op terug. Mocht u in de tussentijd vragen hebben, dan kunt u mij altijd mailen.\n\nMet vriendelijke groeten,\nSam",
    ),
    letter(
        "pl",
        "Re: Pani zapytanie",
        "Dzień dobry Pani Anno,\n\ndziękuję za wiadomość i zainteresowanie naszym rozwiązaniem. Aby lepiej zrozumieć Państwa potrzeby, chciałbym zapytać, ile osób planuje zmiany i z jakich narzędzi Państwo dziś korzystają.\n\n\
        Chętnie porozmawiam przez telefon w dogodnym dla Pani momencie.\n\nZ poważaniem\nSam Seller",
    ),
    letter(
        "pl",
        "Pytanie",
        "Szanowna Pani Kowalska,\n\nbardzo dziękuję za rozmowę. Zgodnie z ustaleniami przygotuję propozycję i wkrótce się odezwę. Jeśli pojawią się pytania, proszę o kontakt mailowy.\n\nPozdrawiam serdecznie\nSam",
    ),
    letter(
        "pt",
        "Re: O seu pedido",
        "Bom dia Anna,\n\nObrigado pela sua mensagem e pelo interesse na nossa solução. Para entender melhor as suas necessidades, pode dizer-me quantas pessoas planeiam os turnos e que ferramentas utilizam hoje?\n\n\
        Fico à disposição para uma conversa quando lhe for conveniente.\n\nCom os melhores cumprimentos,\nSam Seller",
    ),
    letter(
        "pt",
        "Retorno",
        "Olá Anna,\n\ntudo bem? Estou escrevendo para saber se você conseguiu ver a minha última mensagem. Se não for mais do seu interesse, é só me avisar. Em todo caso, foi um prazer conversar com você.\n\nAbraços,\nSam",
    ),
    letter(
        "sv",
        "Sv: Er förfrågan",
        "Hej Anna,\n\ntack för ditt meddelande och ditt intresse för vår lösning. För att förstå era behov bättre undrar jag hur många personer som planerar skift hos er och vilka verktyg ni använder i dag?\n\n\
        Hör gärna av dig när det passar med ett kort samtal.\n\nVänliga hälsningar\nSam Seller",
    ),
    letter(
        "sv",
        "Uppföljning",
        "Hej!\n\nJag ville bara höra om du hann läsa mitt förra mejl. Om det inte längre är aktuellt är det helt i sin ordning, säg bara till så återkommer jag inte.\n\nMvh\nSam",
    ),
    letter(
        "ru",
        "Re: Ваш запрос",
        "Здравствуйте, Анна!\n\nСпасибо за ваше сообщение и интерес к нашему решению. Подскажите, пожалуйста, сколько человек планирует смены и какими инструментами вы пользуетесь сейчас?\n\nС уважением,\nSam Seller",
    ),
    letter(
        "en",
        "Re: API limits",
        "Hi Anna,\n\nGood question! The rate limit applies per token, not per user, so 3 integrations running side by side will not get in each other's way. If you hit a 429 response, back off and retry; our client libraries do that out of the box.\n\nI've looped in Priya, who looks after onboarding. She can walk you through the sandbox whenever you have time. No need to prepare anything.\n\nBest,\nSam\n\n--\nSam Seller | Account Executive | Lockkeeper\nT +1 (415) 555-0132 | lockkeeper.com",
    ),
    letter(
        "en",
        "Checking in",
        "Hi Anna, hope you had a lovely weekend. I wanted to check whether the trial environment works for you and your colleagues, or whether anything is in the way. Happy to jump on a quick call - just say when. Thanks, Sam",
    ),
    letter(
        "en",
        "Sorry we missed you",
        "Dear Ms. Kowalska,\n\nI tried to reach you by phone today but without success. It concerns the questions you raised about data protection (Art. 28 GDPR). Our data protection officer has prepared answers to all of them; where may I send them?\n\nKind regards,\nSam Seller\nRegistered in England & Wales No. 01234567",
    ),
    letter("en", "Thanks", "Thanks Anna, that's really helpful. I'll talk to the team and get back to you."),
    letter(
        "en",
        "Re: Pricing question",
        "Hello Anna,\n\nthanks for asking about pricing. It depends on the number of planners and locations, so I'd rather understand your setup first than quote a figure that turns out wrong. Which of these fits best?\n\n1) one site, one planner\n2) several sites, one planner each\n3) something else\n\nWarm regards\nSam",
    ),
    letter(
        "de",
        "Re: Testzugang",
        "Hallo Frau Kowalska,\n\nIhr Testzugang ist eingerichtet. Die Zugangsdaten erhalten Sie aus Sicherheitsgründen in einer getrennten Nachricht. Bei Fragen zur Einrichtung hilft Ihnen unsere Anleitung Schritt für Schritt weiter: https://docs.lockkeeper.example/start\n\nIch wünsche Ihnen viel Spaß beim Ausprobieren!\n\nHerzliche Grüße\nSam Seller\n\nLockkeeper GmbH · Geschäftsführer: Max Muster · HRB 12345 B · USt-IdNr. DE123456789",
    ),
    letter(
        "de",
        "Kurze Rückfrage",
        "Liebe Frau Kowalska,\n\nkurze Rückfrage zu Ihrer Anfrage: Planen Sie die Schichten zentral oder macht das jeder Standort selbst? Im ersten Fall reicht die Basisversion, im zweiten würde ich eher zur größeren raten. Vor Ort schauen wir uns das auch gern einmal gemeinsam an.\n\nEinen schönen Tag noch und beste Grüße\nSam Seller",
    ),
    letter(
        "de",
        "Danke",
        "Hi Anna,\n\nsuper, danke dir! Ich kläre das intern ab und gebe dir Bescheid, sobald ich etwas weiß. Schönes Wochenende schon mal!\n\nLG Sam",
    ),
    letter(
        "fr",
        "Votre accès d’essai",
        "Bonjour Anna,\n\nVotre accès d'essai est prêt. Vous recevrez vos identifiants dans un message séparé. Notre guide vous accompagne pas à pas : https://docs.lockkeeper.example/fr\n\nN'oubliez pas de vérifier vos courriers indésirables.\n\nBelle journée à vous,\nSam",
    ),
    letter(
        "fr",
        "Relance",
        "Madame,\n\nJe me permets de revenir vers vous au sujet de votre demande du mois dernier. Le projet est-il toujours d'actualité ? Si vous préférez que je ne vous relance plus, dites-le-moi simplement.\n\nJe vous prie d'agréer, Madame, l'expression de mes salutations distinguées.\n\nSam Seller",
    ),
    letter(
        "es",
        "Acceso de prueba",
        "Buenos días, Anna:\n\nYa está listo su acceso de prueba. Por seguridad, recibirá los datos en un mensaje aparte. Si tiene alguna duda, nuestro equipo de soporte le ayudará con mucho gusto de lunes a viernes.\n\nUn saludo,\nSam Seller",
    ),
    letter(
        "it",
        "Accesso di prova",
        "Buongiorno Anna,\n\nil Suo accesso di prova è pronto. Per motivi di sicurezza riceverà le credenziali in un messaggio separato. Per qualsiasi dubbio non esiti a scrivermi.\n\nBuona giornata,\nSam Seller",
    ),
    letter(
        "nl",
        "Proefaccount",
        "Hoi Anna,\n\nJe proefaccount staat klaar. De inloggegevens krijg je om veiligheidsredenen in een apart bericht. Laat het me weten als je ergens tegenaan loopt, dan kijken we er samen naar.\n\nGroetjes,\nSam",
    ),
    letter(
        "pl",
        "Konto testowe",
        "Szanowna Pani Anno,\n\nkonto testowe jest już gotowe. Dane do logowania otrzyma Pani w osobnej wiadomości. W razie pytań jestem do dyspozycji.\n\nŁączę wyrazy szacunku\nSam Seller",
    ),
    letter(
        "pt",
        "Conta de teste",
        "Olá, Anna!\n\nA sua conta de teste já está pronta. Por segurança, você vai receber os dados de acesso em uma mensagem separada. Qualquer dúvida, estou à disposição.\n\nUm abraço,\nSam",
    ),
    letter(
        "sv",
        "Testkonto",
        "Hej Anna!\n\nDitt testkonto är klart att använda. Av säkerhetsskäl får du inloggningsuppgifterna i ett separat meddelande. Hör av dig om något strular så hjälper vi dig.\n\nTrevlig helg!\nSam",
    ),
    letter(
        "en",
        "Re: Demo",
        "Hi Anna,\n\nIt was great to meet you and Piotr at the fair in Hanover. You mentioned that rota changes reach people too late; that is exactly the case for which Globally rolled out push messages. Shall I show you how that looks?\n\nCheers\nSam",
    ),
    letter(
        "en",
        "Re: security",
        "Hello Anna,\n\nTo your questions:\n- Encryption: AES-256 at rest, TLS 1.3 in transit.\n- Hosting: 2 data centres in Frankfurt, ISO/IEC 27001:2022.\n- Backups: daily, tested.\n- SSO: SAML 2.0 and OIDC.\n\nIs there anything else your IT needs to know?\n\nRegards, Sam",
    ),
];
