//! The words that the rules know, for English, German, French, Spanish, Italian, Dutch, Polish, Portuguese and Swedish.
//!
//! Each list is separated by commas, in small letters without accents, as the words of a sheet are folded; apostrophes
//! and hyphens part words. A `*` at the end of a word stands for any ending. A word that means one thing in one
//! language and something ordinary in another is left out, or only counts beside others: see the rules.

use super::phrases::Tag;

pub(super) const VOCABULARY: &[(Tag, &str)] = &[
    (
        Tag::Discount,
        "discount*,rebate,rebates,price reduction*,reduced price*,special price*,price cut*,half price,halve the,price match*,match any price,zum halben preis,moitie prix,mitad de precio,meta prezzo,za pol ceny,halva priset,off the list price,\
        off list price,lower price,rabatt*,preisnachlass*,nachlass,skonto,sonderpreis*,sonderkondition*,vergunstig*,\
        rabais,une remise,remise de,remise exceptionnelle,remise commerciale,remises,reduction de prix,prix reduit*,tarif preferentiel,\
        descuento*,rebaja*,precio especial,precio reducido,sconto,sconti,scontat*,prezzo speciale,prezzo scontato,\
        korting*,rabat,rabatu,rabaty,rabatem,znizk*,upust*,desconto*,preco especial,prisavdrag*,specialpris*",
    ),
    (
        Tag::Free,
        "free of charge,for free,free of cost,at no cost,at no charge,at no extra cost,at no extra charge,at no additional cost,\
        at no additional charge,without charge,no extra cost,no additional cost,complimentary,is on us,are on us,on the house,geht auf uns,aufs haus,kostenlos*,kostenfrei*,gratis,unentgeltlich*,\
        gebuhrenfrei*,ohne aufpreis,ohne mehrkosten,ohne zusatzkosten,gratuit*,sans frais,sans supplement,sin coste,sin costo,sin cargo,\
        senza costi,senza costo,kosteloos,kosteloze,za darmo,bezplatn*,darmow*,sem custo*,kostnadsfri*,utan kostnad,utan extra kostnad",
    ),
    (
        Tag::Refund,
        "refund*,money back,reimburse*,geld zuruck,ruckerstatt*,erstatten wir,erstatten ihnen,rembours*,reembols*,\
        devolucion del dinero,rimbors*,terugbetal*,geld terug,zwrot pieniedzy,zwrocimy,zwrot kosztow,aterbetal*,pengarna tillbaka",
    ),
    (
        Tag::Waiver,
        "waive,waived,waiving,we will waive,erlassen wir,verzichten wir auf,jederzeit kundbar,cancel any time,cancel anytime,\
        sans engagement,resiliable a tout moment,sin permanencia,senza vincoli",
    ),
    (
        Tag::Guarantee,
        "guarantee*,guaranty,warranty,warranties,we warrant,we promise,i promise,we commit to,i commit to,we undertake to,\
        binding offer,binding commitment,legally binding,garanti*,garanz*,garanter*,garandee*,garandere*,gwaran*,gewahrleistung*,\
        wir gewahrleisten,zusicher*,zugesichert*,versichere ihnen,wir versprechen,verspreche,versprochen,verbindlich,verbindliche,\
        verbindlichen,verbindliches,sagen ihnen zu,nous nous engageons,nous promettons,je vous promets,nos comprometemos,prometemos,le prometo,\
        ci impegniamo,promettiamo,le prometto,wij beloven,we beloven,beloof,obiecuj*,zobowiazuj*,comprometemo nos,nos comprometemos a,\
        vi lovar,jag lovar,vi forbinder oss,assicuriamo che",
    ),
    (
        Tag::PercentWord,
        "percent,per cent,pct,prozent*,pour cent,por ciento,per cento,procent*,proc,por cento",
    ),
    (
        Tag::CurrencyWord,
        "euro,euros,eur,dollar,dollars,usd,pound,pounds,quid,franken,francs,zloty*,zlotych,zl,pln,kronor,kroner,kr,reais,\
        gbp,chf,koruna,korun,forint,pence,livres sterling,dolares,dolar,dolarow,dollari,sterline",
    ),
    (
        Tag::Multiplier,
        "k,m,mn,mio,mln,mrd,bn,tsd,tys,mil,mille,tusen,thousand,million,millions,billion,millionen,milliarden,tausend,\
        millones,milioni,miljoen,miljoner,milionow,milhoes,milhao,tysiecy,duizend",
    ),
    (
        Tag::PriceWord,
        "price,prices,cost,costs,fee,fees,preis,preise,kosten,kostet,gebuhr,prix,cout,coute,tarif,precio,precios,cuesta,coste,\
        prezzo,costo,costa,prijs,kost,cena,ceny,kosztuje,preco,custa,custo,pris,priset,kostar",
    ),
    (
        Tag::PriceVerb,
        "is,are,of,will be,would be,ist,sind,betragt,von,liegt bei,lage bei,est,est de,sera de,de,es,es de,sera,e,e di,di,\
        is dan,bedraagt,van,wynosi,to,jest,e de,ar,blir,pa,only,just,nur,solo,seulement",
    ),
    (
        Tag::BankWord,
        "account number,account no,sort code,routing number,iban,bic,swift code,bank details,new bank account,bankverbindung,kontonummer,\
        bankleitzahl,blz,coordonnees bancaires,rib,numero de cuenta,datos bancarios,cuenta bancaria,coordinate bancarie,conto corrente,\
        rekeningnummer,numer konta,numer rachunku,dados bancarios,conta bancaria,bankgiro,plusgiro",
    ),
    (Tag::PerWord, "per,pro,je,par,por,al,a l,a la,na,za,om,i"),
    (
        Tag::PerUnit,
        "seat,user,month,year,licence,license,head,person,employee,site,location,platz,nutzer,benutzer,monat,jahr,lizenz,kopf,mitarbeiter,\
        standort,utilisateur,mois,an,annee,personne,usuario,mes,ano,persona,utente,mese,anno,gebruiker,maand,jaar,uzytkownika,miesiac,\
        rok,osobe,utilizador,pessoa,anvandare,manad,ar",
    ),
    (
        Tag::TermWord,
        "delivery,delivery time,lead time,payment,payment term*,payable,net,notice,notice period,lieferung,lieferzeit,zahlungsziel,zahlbar,\
        kundigungsfrist,laufzeit,vorlaufzeit,livraison,delai,delais,preavis,paiement,entrega,plazo,pago,preaviso,consegna,pagamento,\
        preavviso,levering,levertijd,betaaltermijn,opzegtermijn,dostawa,platnosci,wypowiedzenia,prazo,leverans,leveranstid,\
        betalningsvillkor,uppsagningstid",
    ),
    (
        Tag::Latest,
        "at the latest,latest,spatestens,au plus tard,a mas tardar,como muy tarde,como tarde,al piu tardi,uiterlijk,op zijn laatst,\
        najpozniej,no maximo,o mais tardar,senast",
    ),
    (
        Tag::Month,
        "january,february,march,april,may,june,july,august,september,october,november,december,jan,feb,apr,jun,jul,aug,sep,sept,\
        oct,nov,dec,januar,janner,februar,marz,mai,juni,juli,oktober,dezember,okt,dez,janvier,fevrier,mars,avril,juin,juillet,aout,\
        septembre,octobre,novembre,decembre,enero,febrero,marzo,abril,mayo,junio,julio,agosto,septiembre,octubre,noviembre,diciembre,\
        gennaio,febbraio,aprile,maggio,giugno,luglio,settembre,ottobre,dicembre,januari,februari,maart,mei,augustus,stycznia,\
        lutego,marca,kwietnia,maja,czerwca,lipca,sierpnia,wrzesnia,pazdziernika,listopada,grudnia,janeiro,fevereiro,marco,maio,junho,\
        julho,setembro,outubro,novembro,dezembro,maj,augusti,mar",
    ),
    (
        Tag::Weekday,
        "monday,tuesday,wednesday,thursday,friday,saturday,sunday,montag,dienstag,mittwoch,donnerstag,freitag,samstag,sonnabend,\
        sonntag,lundi,mardi,mercredi,jeudi,vendredi,samedi,dimanche,lunes,martes,miercoles,jueves,viernes,sabado,domingo,lunedi,martedi,\
        mercoledi,giovedi,venerdi,sabato,domenica,maandag,dinsdag,woensdag,donderdag,vrijdag,zaterdag,zondag,poniedzialek,poniedzialku,\
        wtorek,wtorku,sroda,srode,srody,czwartek,czwartku,piatek,piatku,sobota,sobote,niedziela,niedziele,niedzieli,soboty,segunda feira,terca feira,\
        quarta feira,quinta feira,sexta feira,mandag,mandagen,tisdag,tisdagen,onsdag,onsdagen,torsdag,torsdagen,fredag,fredagen,\
        lordag,sondag",
    ),
    (
        Tag::RelativeDay,
        "tomorrow,today,aujourd hui,tonight,noon,eod,cob,eow,close of business,morgen,heute,ubermorgen,demain,ce soir,manana,hoy,domani,\
        oggi,vandaag,overmorgen,jutra,jutro,dzis,dzisiaj,amanha,hoje,imorgon,i morgon,idag,i dag",
    ),
    (
        Tag::PeriodEnd,
        "end of,the end of,ende,ende der,ende des,zum ende,la fin,fin de,finales de,final de,fine,la fine,eind,einde,\
        het einde van,konca,fim de,o fim,slutet av,monatsende,jahresende,wochenende,quartalsende",
    ),
    (
        Tag::TimeUnit,
        "hour,hours,hrs,day,days,week,weeks,month,months,business days,working days,stunde,stunden,std,tag,tage,tagen,woche,\
        wochen,monat,monate,monaten,werktag*,arbeitstag*,heure,heures,jour,jours,jours ouvr*,semaine,semaines,mois,hora,horas,dia,\
        dias,semana,semanas,mes,meses,ora,ore,giorno,giorni,settimana,settimane,mese,mesi,uur,uren,dag,dagen,weken,maand,\
        maanden,werkdag*,godzin*,dzien,dni,tydzien,tygodni*,miesiac*,miesiecy,timme,timmar,dagar,vecka,veckor,manad,manader,\
        arbetsdag*,h,d",
    ),
    (
        Tag::NumberWord,
        "one,two,three,four,five,six,seven,eight,nine,ten,eleven,twelve,fifteen,fourteen,twenty,thirty,forty,fifty,a,an,ein,eine,einem,einer,eines,\
        zwei,drei,vier,funf,sechs,sieben,acht,neun,zehn,zwolf,vierzehn,dreissig,un,une,deux,trois,quatre,cinq,six,sept,huit,neuf,dix,\
        quinze,trente,una,uno,dos,tres,cuatro,cinco,seis,siete,ocho,diez,quince,treinta,due,tre,quattro,cinque,sei,sette,dieci,een,\
        twee,drie,vijf,zes,zeven,tien,dwa,dwoch,trzy,trzech,cztery,piec,pieciu,siedem,dziesiec,um,uma,dois,duas,quatro,dez,en,ett,\
        tva,fyra,fem,sex,tio,hundred,thousand,million,hundert,tausend,cent,cents,mille,cien,mil,cento,mila,honderd,duizend,sto,\
        tysiac,tysiace,tysiecy,cem,hundra,tusen,couple of,few",
    ),
    (
        Tag::Until,
        "by,until,till,before,no later than,not later than,at the latest by,latest by,due,due on,due by,bis,bis zum,bis zu,bis spatestens,\
        spatestens,spatestens am,noch,vor,avant,avant le,d ici,jusqu au,jusqu a,au plus tard,au plus tard le,pour,antes de,antes del,hasta,\
        hasta el,a mas tardar,para el,entro,entro il,entro la,prima di,fino a,fino al,voor,uiterlijk,uiterlijk op,tot,przed,do,do dnia,\
        najpozniej,najpozniej do,ate,ate a,ate o,antes do,senast,innan,fore,till,till och med",
    ),
    (
        Tag::Within,
        "within,within the next,in,in the next,in less than,innerhalb,innerhalb von,binnen,in den nachsten,sous,dans,dans les,d ici,\
        dans un delai de,en,en menos de,dentro de,en un plazo de,entro,tra,fra,nel giro di,w ciagu,za,em,no prazo de,dentro de,inom,om",
    ),
    (
        Tag::Next,
        "next,this,coming,nachste,nachsten,nachster,kommende,kommenden,diesen,prochain,prochaine,proximo,proxima,prossimo,prossima,\
        volgende,komende,przyszly,przyszlym,najblizszy,najblizszym,nastepny,nasta",
    ),
    (Tag::WeekWord, "kw,cw,kalenderwoche,calendar week,week,vecka,semaine,semana,settimana"),
    (Tag::ClockWord, "at,um,a,a las,alle,ore,om,o godz,o,as,kl,klockan,uhr,h,am,pm,uur"),
    (
        Tag::MessageWord,
        "email,emails,mail,message,messages,letter,enquiry,inquiry,request,note,nachricht,anfrage,schreiben,mitteilung,brief,\
        courriel,courrier,demande,correo,mensaje,consulta,solicitud,carta,messaggio,richiesta,lettera,bericht,aanvraag,wiadomosc,wiadomosci,\
        zapytanie,zapytania,mensagem,pedido,mejl,mejlet,meddelande,forfragan,reponse,antwort,reply",
    ),
    (
        Tag::Attached,
        "attached,enclosed,i attach,we attach,i am attaching,attaching,the attachment,in the attachment,see attachment,attachments,\
        im anhang,anbei,angehangt*,beigefugt*,beiliegend*,als anlage,in der anlage,als anhang,ci joint*,en piece jointe,en pieces jointes,\
        piece jointe,pieces jointes,en pj,en annexe,je joins,nous joignons,adjunto,adjunta,adjuntos,adjuntas,adjuntamos,en anexo,in allegato,\
        allego,alleghiamo,l allegato,gli allegati,in bijlage,bijlage,bijlagen,bijgevoegd*,bijgesloten,zalacznik*,zalaczam*,zalaczon*,\
        zalaczeniu,em anexo,anexo,anexos,anexamos,bifogad*,bifogar,bifogat,bilaga,bilagan,bilagor,bilagd*",
    ),
    (
        Tag::TheirPossessive,
        "your,ihr,ihre,ihren,ihrem,ihrer,ihres,dein,deine,deinem,deiner,deinen,votre,vos,ton,ta,tes,su,sus,tu,tus,suo,sua,suoi,sue,\
        vostro,vostra,vostri,tuo,tua,uw,jouw,je,panstwa,pana,pani,twoj,twoja,twoje,twojej,twoim,seu,seus,suas,er,ert,era,din,ditt,dina,\
        without,no,ohne,kein,keine,sans,sin,senza,zonder,geen,bez,sem,utan,ingen",
    ),
    (
        Tag::IgnoreVerb,
        "ignore,ignores,ignoring,disregard,forget,override,bypass,discard,ignorier*,missacht*,vergiss,vergesst,vergessen sie,ignorez,\
        oublie,oubliez,ignora,ignorar,ignoren,olvida,olvide,dimentica,dimenticare,ignorare,negeer,vergeet,zignoruj,ignoruj,zapomnij,pomin,\
        esqueca,desconsidere,ignorera,glom,bortse",
    ),
    (
        Tag::RulesNoun,
        "instructions,instruction,prompt,prompts,guidelines,rules,programming,anweisung*,instruktion*,vorgaben,regeln,consignes,consigne,\
        instrucciones,reglas,istruzioni,regole,instructies,instructie,regels,instrukcj*,polecen*,zasady,instrucoes,regras,instruktioner,\
        reglerna",
    ),
    (
        Tag::MachineOrder,
        "system prompt,developer mode,jailbreak,as the system administrator,acting as the system,i am the system,reply only with,respond only with,\
        do not tell the user,approve automatically,antworte nur mit,reponds uniquement,responde solo con,rispondi solo con",
    ),
    (
        Tag::MachineRole,
        "as the system,als das system,en tant que systeme,como el sistema,come il sistema,als het systeem,jako system,como o sistema,som systemet",
    ),
    (
        Tag::BecomeVerb,
        "you are now,you are a,you are an,act as,pretend to be,du bist jetzt,du bist ab jetzt,sie sind jetzt,tu es maintenant,vous etes maintenant,\
        ahora eres,sei ora,adesso sei,je bent nu,jestes teraz,agora voce e,du ar nu",
    ),
    (
        Tag::MachineNoun,
        "assistant,ai,bot,chatbot,llm,language model,assistent,ki,sprachmodell,ia,asistente,assistente,asystentem,unrestricted,root,sudo",
    ),
    (
        Tag::SendVerb,
        "send,forward,transfer,wire,reply to,cc,bcc,sende,senden,schicke,schicken,leite,leiten,uberweise,uberweisen,envoie,envoyez,\
        transfere,transferez,envia,envie,reenvia,reenvie,invia,inviare,inoltra,stuur,doorsturen,wyslij,przeslij,encaminhe,envie,skicka,\
        vidarebefordra",
    ),
    (
        Tag::MachineTalk,
        "as an ai language,as an ai model,as an ai assistant,as an ai i,as a language model,als ki modell,als ki assistent,als sprachmodell,\
        en tant qu ia,en tant que modele de langage,como modelo de lenguaje,como una ia,come modello linguistico,como modelo de linguagem,\
        i cannot assist with,i can t assist with,let me know if you d like me to adjust,let me know if you would like me to adjust",
    ),
    (
        Tag::MachinePreface,
        "here is a draft,here s a draft,here is the draft,here is a possible reply,here s a possible reply,here is the reply,here is a reply,\
        here s a reply,certainly here,sure here,of course here,hier ist ein entwurf,hier ist der entwurf,hier ist eine antwort,\
        hier ist ein vorschlag fur,voici une proposition de reponse,voici un brouillon,aqui tienes un borrador,aqui tiene un borrador,\
        ecco una bozza,hier is een concept,oto szkic,oto propozycja odpowiedzi,aqui esta um rascunho,har ar ett utkast",
    ),
    (
        Tag::SlotWord,
        "name,names,first name,firstname,last name,lastname,surname,fname,lname,full name,company,company name,date,amount,price,product,\
        title,insert*,your,recipient,customer,contact,link,url,number,phone,email,address,city,placeholder,signature,sender,vorname,nachname,\
        anrede,firma,unternehmen,datum,betrag,preis,produkt,ihr,ihre,einfugen,kunde,ansprechpartner,nom,prenom,entreprise,societe,montant,\
        produit,votre,nombre,apellido,apellidos,empresa,fecha,importe,producto,su,nome,cognome,azienda,data,importo,prodotto,naam,voornaam,\
        achternaam,bedrijf,bedrag,imie,nazwisko,firma,kwota,sobrenome,valor,namn,fornamn,efternamn,foretag,belopp",
    ),
];

/// Ways to begin a letter.
pub(super) const GREETINGS: &str = "dear,hi,hello,hey,good morning,good afternoon,good evening,good day,greetings,hallo,guten tag,guten morgen,guten abend,\
    sehr geehrte,sehr geehrter,sehr geehrtes,liebe,lieber,moin,servus,gruss gott,gruezi,bonjour,bonsoir,cher,chere,chers,cheres,salut,hola,estimado,\
    estimada,estimados,estimadas,buenos dias,buenas tardes,buenas noches,querido,querida,gentile,gentili,gentilissimo,gentilissima,egregio,egregia,ciao,salve,buongiorno,\
    buon giorno,buonasera,spett,spettabile,caro,cara,beste,geachte,dag,hoi,goedemorgen,goedemiddag,goedenavond,goedendag,dzien dobry,szanowny,\
    szanowna,szanowni,witam,witaj,czesc,drogi,droga,dobry wieczor,ola,oi,bom dia,boa tarde,boa noite,prezado,prezada,prezados,prezadas,exmo,exma,\
    hej,hejsan,hej hej,god morgon,god dag,god kvall,basta,kara,kare,tja";

/// What may stand in a greeting without being anybody's name.
pub(super) const FORMS_OF_ADDRESS: &str = "mr,mrs,ms,miss,mx,dr,prof,professor,sir,sirs,madam,madame,mme,m,mlle,mm,monsieur,messieurs,mesdames,mesdemoiselles,herr,herrn,frau,\
    herren,damen,und,and,et,y,e,i,och,en,de,der,den,du,la,le,les,las,los,all,everyone,everybody,there,again,team,teams,folks,friend,friends,colleague,\
    colleagues,customer,client,partner,partners,support,sales,marketing,hiring,manager,purchasing,procurement,office,service,kunde,kundin,kunden,\
    interessent,interessentin,zusammen,alle,allerseits,beide,leute,kollege,kollegin,kollegen,kolleginnen,einkauf,vertrieb,geschaftsfuhrung,\
    nochmal,nochmals,wieder,aus,von,tous,toutes,encore,equipe,collegues,client,cliente,clientes,todos,todas,equipo,equipa,amigo,amiga,senor,senora,senores,\
    senoras,senorita,sr,sra,srs,sres,sras,srta,don,dona,tutti,tutte,signor,signora,signore,signori,sig,ra,dott,dottore,dottoressa,ssa,ing,avv,spett,le,egr,\
    mag,dipl,heer,mevrouw,mevr,dhr,meneer,allemaal,allen,collega,collegas,klant,relatie,pan,pani,panie,panowie,panstwo,panu,drogi,droga,szanowny,szanowna,\
    doktorze,profesorze,wszyscy,zespole,senhor,senhora,senhores,senhoras,doutor,doutora,equipe,prezado,prezada,exmo,exma,alla,allihopa,kund,kollega,\
    our,the,to,from,at,valued,ihr,euer,lieber,liebe,cher,chere,chers,cheres,geehrte,geehrter,sehr,morning,afternoon,evening,day,hello,hallo,welcome,\
    willkommen,bonjour,hej,hola,ola,ciao,salve,i,we,you,sie";

/// Short forms of first names, each list beginning with the long form.
pub(super) const NICKNAMES: &[&str] = &[
    "robert bob bobby rob robbie",
    "william bill billy will liam",
    "michael mike mick mikael michi",
    "richard rick dick rich",
    "james jim jimmy jamie",
    "john jack johnny jon",
    "margaret maggie peggy meg greta",
    "elizabeth liz beth lisa betty eliza lisbeth",
    "katherine kate katie kathy cathy catherine kathrin",
    "edward ed eddie ted",
    "charles charlie chuck karl",
    "anthony tony antonio",
    "thomas tom tommy",
    "andrew andy drew andreas",
    "alexander alex sascha sasha xander alexandra",
    "francisco paco pancho",
    "jose pepe",
    "giuseppe beppe peppe",
    "johannes hannes jan hans",
    "joseph joe josef sepp jupp",
    "susan sue suzy",
    "deborah debbie deb",
    "patricia pat patty trish",
    "jennifer jenny jen",
    "rebecca becky",
    "nicholas nick nico niklas klaus",
    "ignacio nacho",
    "rafael rafa",
    "eduardo edu",
    "katarzyna kasia kaska",
    "malgorzata gosia",
    "agnieszka aga",
    "aleksandra ola",
    "joanna asia",
    "jakub kuba",
    "tomasz tomek",
    "piotr piotrek",
    "krzysztof krzysiek krzys",
    "stanislaw staszek",
    "anna ania anja anne",
    "magdalena magda lena",
    "barbara basia babs",
    "theodore theo ted",
    "lawrence larry",
    "henry harry hank",
    "wolfgang wolf",
    "maximilian max",
    "sebastian basti seb",
    "friedrich fritz fred",
    "gabriele gabi",
    "ulrich uli ulli",
    "stephen steve steven stefan",
    "daniel dan danny",
    "david dave",
    "matthew matt",
    "christopher chris kit christoph",
    "benjamin ben",
    "samuel sam",
    "samantha sam",
    "gregory greg",
    "kenneth ken",
    "ronald ron",
    "donald don",
    "timothy tim",
    "jeffrey jeff",
    "frederick fred freddy",
    "philip phil",
];
